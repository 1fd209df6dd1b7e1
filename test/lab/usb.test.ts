import { scenarioTest } from './scenario-test.ts'
import { usbScenario } from './usb.ts'

await scenarioTest(usbScenario({ messages: 20, pulls: 4, fileBytes: 2_000_000 }))

import { runOnAdapters } from './ble-on-adapters.ts'

runOnAdapters('abandonware')

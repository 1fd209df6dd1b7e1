import { away } from './away.ts'
import { bleBtvirt } from './ble-btvirt.ts'
import { ble } from './ble.ts'
import { bleVm } from './ble-vm.ts'
import { carry } from './carry.ts'
import { files } from './files.ts'
import { lan } from './lan.ts'
import { nat } from './nat.ts'
import { trust } from './trust.ts'
import { usb } from './usb.ts'
import type { Scenario } from './scenario.ts'

/** Every scenario that `npm run lab -- NAME` knows. */
export const scenarios: readonly Scenario[] = [
  lan,
  trust,
  files,
  nat,
  away,
  carry,
  usb,
  ble,
  bleBtvirt,
  bleVm,
]

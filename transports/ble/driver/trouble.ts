/** Why there is no Bluetooth: from what noble and bleno show of it, and in words for people. */
import type { FamilyName } from './family.ts'
import type { Trouble } from './ipc-codec.ts'

/** Why a family could not be loaded or started, by the error. */
export function troubleOf(error: unknown, name: FamilyName): Trouble {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  const text = typeof message === 'string' ? message : ''
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') {
    return new RegExp(`Cannot find (module|package) '@${name}/(noble|bleno)`).test(text)
      ? 'package'
      : 'native'
  }
  if (code === 'ERR_DLOPEN_FAILED' || text.includes('No native build was found')) return 'native'
  if (code === 'EPERM' || code === 'EACCES' || text.includes('not permitted')) return 'permission'
  if (text.includes('No such device')) return 'adapter'
  return 'unsupported'
}

/** Why there is no Bluetooth in a state of noble or bleno, on a computer with so many adapters; null for states that pass. */
export function troubleOfState(state: string, adapters: number): Trouble | null {
  switch (state) {
    case 'poweredOff':
      return 'off'
    case 'unauthorized':
      return 'permission'
    case 'unsupported':
      return adapters === 0 ? 'adapter' : 'unsupported'
    default:
      return null
  }
}

/** Why the socket to the adapter failed, by the error; null for what passes. */
export function troubleOfSocket(error: unknown): Trouble | null {
  const { code, errno, syscall } = (error ?? {}) as Record<string, unknown>
  if (code === 'EPERM' || code === 'EACCES' || errno === 1 || errno === 13) return 'permission'
  return syscall === 'socket creation failed' ? 'unsupported' : null
}

/** The sentence for people. */
export function reasonOf(trouble: Trouble, name: FamilyName): string {
  switch (trouble) {
    case 'off':
      return 'Bluetooth is switched off. Switch it on in the settings of this computer, or with: rfkill unblock bluetooth && bluetoothctl power on'
    case 'package':
      return `Bluetooth needs the packages @${name}/noble and @${name}/bleno, which are not installed. Install them with: npm install @${name}/noble @${name}/bleno`
    case 'native':
      return name === 'abandonware'
        ? 'The native part of the Bluetooth packages is not built. Build it with: npm rebuild --ignore-scripts=false @abandonware/bluetooth-hci-socket'
        : 'The native part of the Bluetooth packages does not run on this computer. Install them anew with: npm install @stoprocent/noble @stoprocent/bleno'
    case 'adapter':
      return 'This computer has no Bluetooth adapter. One can be plugged in at any time.'
    case 'permission':
      return 'Bluetooth may not be used by this program. Allow it once with: sudo setcap cap_net_raw,cap_net_admin+eip "$(readlink -f "$(which node)")" and start Porchlight again.'
    case 'unsupported':
      return 'Bluetooth is not supported on this computer: it needs Linux with Bluetooth, and an adapter with Bluetooth Low Energy (4.0 or newer).'
    case 'stuck':
      return 'The Bluetooth adapter does not answer. Porchlight tries again by itself; if that does not help, switch Bluetooth off and on again.'
  }
}

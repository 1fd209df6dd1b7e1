/** The GATT service of Porchlight and its characteristics, as noble and bleno write them: 32 hex digits. */

const BASE = 'e02240f84d2f8358cc3b4625'

/** The service: advertised, and the one that is looked for. */
export const SERVICE_UUID = `b9c50001${BASE}`
/** From the side that dialled: written without response. */
export const TO_PERIPHERAL_UUID = `b9c50002${BASE}`
/** To the side that dialled: notified. */
export const TO_CENTRAL_UUID = `b9c50003${BASE}`

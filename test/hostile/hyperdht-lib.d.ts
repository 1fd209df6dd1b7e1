/** Insides of hyperdht, for those who misuse it. */

declare module 'hyperdht/lib/noise-wrap.js' {
  import type { KeyPair } from 'hypercore'

  export default class NoiseWrap {
    constructor(keyPair: KeyPair, remotePublicKey: Buffer)
    send(payload: object): Promise<Buffer>
  }
}

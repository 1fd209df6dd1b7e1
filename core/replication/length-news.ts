import type Hypercore from 'hypercore'
import type { ReplicatorPeer } from 'hypercore'

/** What hypercore does by itself, for each peer that is mended: sessions of one core share them. */
const lookAgain = new WeakMap<ReplicatorPeer, () => void>()

/**
 * Has a core tell its peers its length whenever that grows, and that it can bring them further as soon as it can.
 * Hypercore (11.37 as 11.39) leaves the first out where it can not prove its growth from the peer's length, or hears
 * from the peer at that moment, and looks at the second again for that peer alone that a block came from. Two devices
 * that a split left alone then wait for each other: one for the answer to a length that it never told.
 */
export function tellLengths(core: Hypercore): void {
  const { replicator } = core.core
  for (const peer of replicator.peers) mend(peer)
  core.on('peer-add', mend)
  core.on('download', () => {
    for (const peer of replicator.peers) {
      if (!peer.canUpgrade && peer.remoteLength < core.length) lookAgain.get(peer)?.()
    }
  })
}

function mend(peer: ReplicatorPeer): void {
  if (lookAgain.has(peer)) return
  const signal = peer.signalUpgrade.bind(peer)
  lookAgain.set(peer, signal)
  peer.signalUpgrade = () => {
    const { tx } = peer.stats.wireSync
    signal()
    if (peer.stats.wireSync.tx === tx) peer.sendSync()
  }
}

import type { HeldView, MirrorView, NodeView } from '../api/views.ts'
import { dateWords } from './dates.ts'
import { bytes, count } from './words.ts'

/** How a blind peer is called: by its name, or the beginning of its key. */
export function nodeName({ name, id }: { readonly name: string; readonly id: string }): string {
  return name === '' ? `Node ${id.slice(0, 8)}` : name
}

/** How far a blind peer has a room. */
export function mirrorWords({ state, behind, until, seen }: MirrorView): string {
  const kept = until === null ? '' : `, kept until ${dateWords(until)}`
  switch (state) {
    case 'stored':
      return `Has everything${kept}`
    case 'storing':
      return behind > 0 ? `${count(behind, 'message')} on the way` : 'On the way'
    case 'refused':
      return 'Does not store it'
    case 'away':
      if (seen === null) return 'Not met yet'
      return `Not in reach${behind > 0 ? `, ${count(behind, 'message')} behind` : kept}`
  }
}

/** A node among those to choose from. */
export function offerWords(node: NodeView): string {
  return `${nodeName(node)} (${bytes(node.free)} free)`
}

/** What this node holds for others. */
export function heldWords({ mirrors, bytes: total, carried }: HeldView): string {
  const kept = count(mirrors - carried.mirrors, 'room')
  const taken = bytes(total - carried.bytes)
  return `Keeps ${kept} of others (${taken}), and carries for ${count(carried.mirrors, 'room')} (${bytes(carried.bytes)}).`
}

import type { MirrorItems } from '../../core/mirror/holder/held-mirror.ts'

/** Keeps no items. */
export const noItems: MirrorItems = {
  list: () => {},
  listed: () => [],
  keeping: () => [],
  forget: () => {},
  remove: () => {},
  sweep: () => {},
  idle: () => Promise.resolve(),
}

/** Items alike in size: within a factor of four. */
const STEP = 4
/** All that is smaller is alike. */
const SMALL = 64 * 1024

/** In which order items are fetched: small before large, of those alike the newest first. `wishes` has the oldest first. */
export function fetchOrder<T extends { readonly item: { readonly size: number } }>(
  wishes: readonly T[],
): T[] {
  return wishes.toReversed().sort((a, b) => sizeClass(a.item.size) - sizeClass(b.item.size))
}

function sizeClass(size: number): number {
  return Math.max(0, Math.ceil(Math.log(size / SMALL) / Math.log(STEP)))
}

/** Of what is said of one item in different ways, what most say; members of rooms of this device before others. */
export function mostNamed<
  T extends { readonly by: ReadonlySet<string>; readonly restsUntil: number },
>(variants: readonly T[], paired: (lister: string) => boolean, now: number): T | null {
  const weight = ({ by }: T): number =>
    [...by].reduce((sum, lister) => sum + (paired(lister) ? 1_000 : 1), 0)
  const [first] = variants
    .filter(({ restsUntil }) => restsUntil <= now)
    .toSorted((a, b) => weight(b) - weight(a))
  return first ?? null
}

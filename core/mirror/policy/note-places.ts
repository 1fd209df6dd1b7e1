/**
 * Which of the statements that wait for a member stay when there are more than places, the oldest first: of whoever
 * brought most of them, the oldest gives way. So who fills all places still leaves one to whoever comes next.
 */
export function notesThatStay<T extends { readonly from: Buffer }>(
  notes: readonly T[],
  places: number,
): T[] {
  const stay = [...notes]
  while (stay.length > places) {
    const counts = new Map<string, number>()
    for (const { from } of stay) {
      const who = from.toString('hex')
      counts.set(who, (counts.get(who) ?? 0) + 1)
    }
    const most = Math.max(...counts.values())
    stay.splice(
      stay.findIndex(({ from }) => counts.get(from.toString('hex')) === most),
      1,
    )
  }
  return stay
}

/** Polls until the condition holds; fails after a generous limit. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = String(condition),
  limit = 30_000,
): Promise<void> {
  const end = Date.now() + limit
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`never came true: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

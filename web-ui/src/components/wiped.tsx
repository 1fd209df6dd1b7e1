import { Lantern } from './lantern.tsx'

/** What is left after everything was erased. */
export function Wiped() {
  return (
    <main class="threshold">
      <Lantern lit={false} />
      <h1>Everything was erased</h1>
      <p>
        Nothing of you is left on this device or in this browser. You can close this page. Your
        browser’s history may still say that it was opened.
      </p>
    </main>
  )
}

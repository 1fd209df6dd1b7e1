/** How this tab is signed in: a one-time code from the address bar, then a token for the tab's life. */
const TOKEN = 'porchlight.token'

/** The one-time code in an address, its fragment, or the bare code itself; null when there is none. */
export function codeIn(text: string): string | null {
  const compact = text.replace(/\s+/g, '')
  const found = /[#&?]code=([^&#]+)/.exec(compact)
  if (found) return decode(found[1] ?? '')
  return /^[\w-]{8,128}$/.test(compact) ? compact : null
}

/** Takes the code out of the address bar at once, so that no history or screenshot keeps it. */
export function takeCode(): string | null {
  if (!/[#&]code=/.test(location.hash)) return null
  const code = codeIn(location.hash)
  history.replaceState(null, '', `${location.pathname}${location.search}`)
  return code
}

export function loadToken(): string | null {
  try {
    return sessionStorage.getItem(TOKEN)
  } catch {
    return null
  }
}

/** Keeps the token for this tab; with storage refused, it lasts until the page is reloaded. */
export function saveToken(token: string | null): void {
  try {
    if (token === null) sessionStorage.removeItem(TOKEN)
    else sessionStorage.setItem(TOKEN, token)
  } catch {
    // The caller holds it in memory as well.
  }
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

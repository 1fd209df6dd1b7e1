/**
 * Who may talk to the local API at all, before any route is looked up. Any page in the person's
 * browser can reach 127.0.0.1, so a request has to prove by its headers that it is not one of those
 * (DNS rebinding, cross-site requests, WebSocket hijacking).
 */
export interface RequestFacts {
  readonly method: string
  /** The request target as it was sent. */
  readonly target: string
  /** Every Host header, in order. */
  readonly hosts: readonly string[]
  readonly origin: string | undefined
  readonly fetchSite: string | undefined
  readonly fetchMode: string | undefined
  readonly fetchDest: string | undefined
  readonly contentType: string | undefined
  readonly hasBody: boolean
  readonly upgrade: boolean
}

const UPLOAD = /^\/api\/v1\/rooms\/[^/?#]+\/uploads(\?|$)/

/** The names this server answers to, as a browser writes them into Host. */
export function allowedHosts(port: number): readonly string[] {
  const names = ['127.0.0.1', 'localhost', '[::1]']
  const withPort = names.map((name) => `${name}:${port}`)
  return port === 80 ? [...withPort, ...names] : withPort
}

/** Why a request is refused with 403, in a sentence; undefined when it may go on. */
export function refusal(facts: RequestFacts, port: number): string | undefined {
  const hosts = allowedHosts(port)
  const host = facts.hosts[0]?.toLowerCase()
  if (facts.hosts.length !== 1 || host === undefined || !hosts.includes(host)) {
    return 'This address is for this computer alone: open it as http://127.0.0.1.'
  }
  // An absolute target would name a host that the check above has not seen.
  if (!facts.target.startsWith('/')) return 'The request has to name a path.'
  if (facts.upgrade) return 'This server does not switch protocols.'
  if (facts.origin !== undefined && !hosts.some((name) => facts.origin === `http://${name}`)) {
    return 'Requests from other pages are refused.'
  }
  if (!sameSite(facts)) return 'Requests from other sites are refused.'
  if (facts.hasBody && mediaType(facts.contentType) !== bodyType(facts)) {
    return `A body has to be ${bodyType(facts)}: forms are refused.`
  }
  return undefined
}

/** True for the one address that takes bytes of any number: no page can make a browser send these to another origin. */
export function isUpload({ method, target }: Pick<RequestFacts, 'method' | 'target'>): boolean {
  return method === 'PUT' && UPLOAD.test(target)
}

/** Neither is among the types that a form, or a script of another origin without asking first, can send. */
function bodyType(facts: RequestFacts): string {
  return isUpload(facts) ? 'application/octet-stream' : 'application/json'
}

/** A link on another site may open the start page; nothing else may come from outside. */
function sameSite(facts: RequestFacts): boolean {
  const site = facts.fetchSite
  if (site === undefined || site === 'same-origin' || site === 'none') return true
  return (
    facts.method === 'GET' &&
    facts.target === '/' &&
    facts.fetchMode === 'navigate' &&
    facts.fetchDest === 'document'
  )
}

function mediaType(contentType: string | undefined): string | undefined {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase()
}

/** True when the query carries something named like a token: addresses end up in histories and logs. */
export function tokenInQuery(target: string): boolean {
  const at = target.indexOf('?')
  if (at === -1) return false
  const names = [...new URLSearchParams(target.slice(at + 1)).keys()]
  return names.some((name) => /token|^code$|authorization/i.test(name))
}

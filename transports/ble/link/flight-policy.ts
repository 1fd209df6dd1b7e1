/** How much may be under way, from what the last round trips showed: enough to keep the air busy, and little more. */

/** What it begins with, and never less, or a slow link could not show that it became a fast one. */
const LEAST = 2 * 1024
const MOST = 32 * 1024
/**
 * Milliseconds of sending beyond the shortest round trip: a short message waits so long behind bulk. More where round
 * trips take longer now and then, as on a busy computer, which else would leave the air empty.
 */
const SLACK = { least: 80, variations: 4, most: 200 }
/** The shortest round trip is looked for anew so often: a radio's intervals change. */
const ROUND_TRIP_FOR = 10_000
/** A round trip that counts as the shortest at most: a standing queue shows as one, too. */
const LONGEST_ROUND_TRIP = 500
/** So many of the last rates count, the best of them: a stall is not the link's rate. */
const RATES = 12
const SMOOTHING = 1 / 8
/** With no more than this under way there is hardly a queue: the least, and the packet that went over it. */
const LITTLE = LEAST + 514

/** One packet that was acknowledged at once. */
export interface RoundTrip {
  /** Milliseconds. */
  readonly took: number
  /** Bytes under way when it left, with its own. */
  readonly underWay: number
}

/** What was learnt so far. */
export interface Flight {
  /** Bytes a millisecond of the last round trips, the newest last. */
  readonly rates: readonly number[]
  /** Milliseconds; Infinity before the first. */
  readonly shortest: number
  readonly shortestAt: number
  /** Milliseconds, averaged; 0 before the first. */
  readonly usual: number
  /** By how much they are longer than the rate alone makes them, averaged. */
  readonly varies: number
  /** So little is sent for a moment that a round trip shows without a queue. */
  readonly probing: boolean
}

export const untried: Flight = {
  rates: [],
  shortest: Infinity,
  shortestAt: 0,
  usual: 0,
  varies: 0,
  probing: false,
}

/** Bytes that may be under way. */
export function allowedUnderWay(flight: Flight): number {
  if (flight.probing || flight.rates.length === 0) return LEAST
  const slack = Math.max(SLACK.least, Math.min(SLACK.most, flight.varies * SLACK.variations))
  const time = Math.min(flight.shortest, LONGEST_ROUND_TRIP) + slack
  return Math.min(MOST, Math.max(LEAST, bestRate(flight) * time))
}

/** What is known after one more round trip. */
export function afterRoundTrip(flight: Flight, trip: RoundTrip, now: number): Flight {
  // Two things of one millisecond are told apart by no timer.
  const took = Math.max(trip.took, 1)
  const rate = trip.underWay / took
  // With little to send, the rate says nothing about the link.
  const tells = trip.underWay >= allowedUnderWay(flight) / 2 || rate > bestRate(flight)
  const rates = tells ? [...flight.rates, rate].slice(-RATES) : flight.rates
  const usual = flight.usual === 0 ? took : flight.usual + (took - flight.usual) * SMOOTHING
  const sending = rates.length === 0 ? 0 : trip.underWay / Math.max(...rates)
  const due = Math.max(flight.shortest, sending)
  const varies = flight.varies + (Math.max(0, took - due) - flight.varies) * SMOOTHING
  const old = now - flight.shortestAt > ROUND_TRIP_FOR
  if (took <= flight.shortest || (old && trip.underWay <= LITTLE))
    return { rates, usual, varies, shortest: took, shortestAt: now, probing: false }
  return { ...flight, rates, usual, varies, probing: old }
}

function bestRate(flight: Flight): number {
  return Math.max(0, ...flight.rates)
}

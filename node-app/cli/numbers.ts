import { InvalidArgumentError } from 'commander'

/** Reads a whole number of an option, within bounds. */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (value >= minimum && value <= maximum) return value
    throw new InvalidArgumentError(`Use a whole number from ${minimum} to ${maximum}.`)
  }
}

/** `1 invite`, `2 invites`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

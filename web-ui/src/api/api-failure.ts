/** A refusal of the node, or its silence (`code` `NO_ANSWER`), in words a person can act on. */
export class ApiFailure extends Error {
  readonly code: string
  /** The HTTP status; 0 when the node did not answer. */
  readonly status: number

  constructor(code: string, message: string, status: number) {
    super(message)
    this.name = 'ApiFailure'
    this.code = code
    this.status = status
  }

  /** The node could not be reached, so that nobody knows whether the request was carried out. */
  static noAnswer(): ApiFailure {
    return new ApiFailure('NO_ANSWER', 'Porchlight is not answering on this computer.', 0)
  }
}

/** The sentence to show for anything thrown. */
export function sentence(error: unknown): string {
  return error instanceof ApiFailure ? error.message : 'Something in this page went wrong.'
}

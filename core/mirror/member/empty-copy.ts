import type { Copy } from '../copy.ts'

/** A room that this device left: nothing is here of it and nothing wanted, so that nodes can be told. */
export class EmptyCopy implements Copy {
  readonly id: string

  constructor(id: string) {
    this.id = id
  }

  async heads(): Promise<[]> {
    return []
  }

  async read(): Promise<null> {
    return null
  }

  async wants(): Promise<null> {
    return null
  }

  async store(): Promise<'refused'> {
    return 'refused'
  }

  async notes(): Promise<[]> {
    return []
  }

  async note(): Promise<void> {}

  async items(): Promise<[]> {
    return []
  }

  watch(): () => void {
    return () => {}
  }
}

import { TestClock } from '../test-kit.js'

/** A clock that stands still until it is moved. It begins in January 2027. */
export class Clock extends TestClock {
  constructor() {
    super(1_800_000_000_000)
  }

  passes(seconds: number): void {
    this.advance(seconds)
  }
}

/** A clock that stands still until it is moved. In milliseconds; it begins in January 2027. */
export class Clock {
  time = 1_800_000_000_000
  readonly now = (): number => this.time

  passes(seconds: number): void {
    this.time += seconds * 1000
  }
}

/** How many dashboards watch, and what that costs. */
export abstract class Viewers {
  abstract count(): number
  /** Bytes a second sent to them, mean of the last 5 s. */
  abstract bytesPerSecond(): number
}

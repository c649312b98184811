import { Random } from '../ports/random.js'

const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz'

/** Random numbers that repeat for the same seed (mulberry32). For tests: anybody can guess its ids. */
export class SeededRandom extends Random {
  constructor(private state: number) {
    super()
  }

  override number(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }

  override id(bytes: number): string {
    let id = ''
    for (let i = 0; i < Math.ceil((bytes * 8) / 5); i += 1) id += LETTERS[Math.floor(this.number() * 32)]
    return id
  }
}

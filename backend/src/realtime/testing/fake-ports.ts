import type { CloseEvidence } from '@gatehouse/protocol'
import { BanList, type BanHit } from '../ports/ban-list.js'
import { RecordSink, type CloseRecordDraft, type RefusalDraft } from '../ports/record-sink.js'
import { RoomStates, type ClosedRoom } from '../ports/room-state.js'

/** Bans that a test writes by hand. */
export class FakeBans extends BanList {
  readonly users = new Map<string, BanHit>()
  readonly addresses = new Map<string, BanHit>()
  age = 0

  override ageMs(): number {
    return this.age
  }

  override user(subject: string): BanHit | undefined {
    return this.users.get(subject)
  }

  override address(address: string): BanHit | undefined {
    return this.addresses.get(address)
  }
}

export class FakeRoomStates extends RoomStates {
  readonly rooms = new Map<string, ClosedRoom>()

  override closed(room: string): ClosedRoom | undefined {
    return this.rooms.get(room)
  }
}

/** Keeps every record for the test to look at. */
export class FakeRecords extends RecordSink {
  readonly closes: CloseRecordDraft[] = []
  readonly refusals: RefusalDraft[] = []
  readonly reconnections: [previous: string, next: string][] = []

  override closed(record: CloseRecordDraft): void {
    this.closes.push(record)
  }

  override refused(refusal: RefusalDraft): void {
    this.refusals.push(refusal)
  }

  override reconnected(previous: string, next: string): void {
    this.reconnections.push([previous, next])
  }

  /** The one record of a connection; throws when there is none or more than one. */
  of(id: string): CloseRecordDraft {
    const own = this.closes.filter((record) => record.id === id)
    if (own.length !== 1 || own[0] === undefined) throw new Error(`${own.length} close records of ${id}, expected one`)
    return own[0]
  }

  evidence(id: string): CloseEvidence {
    return this.of(id).evidence
  }
}

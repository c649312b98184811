import { Injectable } from '@nestjs/common'
import { CloseRecordRepository, StoreUnavailable } from '../../store/repositories/index.js'
import { notFound, ProblemError } from '../http/problem.js'

/** Explains why a connection is not open: it has ended, or there never was one. */
@Injectable()
export class MissingConnection {
  constructor(private readonly records: CloseRecordRepository) {}

  async problemOf(id: string): Promise<ProblemError> {
    try {
      const record = await this.records.find(id)
      if (record === undefined) return notFound(`There is no connection ${id}, and no close record of it.`)
      return new ProblemError(
        404,
        'closed',
        `The connection ${id} has ended (${record.reason}); GET /v1/closed/${id} tells why.`,
      )
    } catch (error) {
      if (error instanceof StoreUnavailable) {
        return notFound(
          `No connection ${id} is open; whether there was one is unknown while PostgreSQL does not answer.`,
        )
      }
      throw error
    }
  }
}

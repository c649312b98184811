import type { OpenAPIObject } from '@nestjs/swagger'

/** The API's own description; made once all routes are known. */
export class ApiDocument {
  #document: OpenAPIObject | null = null

  set(document: OpenAPIObject): void {
    this.#document = document
  }

  get(): OpenAPIObject {
    if (this.#document === null) throw new Error('The API document is made when the control application is prepared.')
    return this.#document
  }
}

import { Controller, Get, Header } from '@nestjs/common'
import { ApiExcludeController, type OpenAPIObject } from '@nestjs/swagger'
import { Open } from '../access/needs.decorator.js'
import { ApiDocument } from './api-document.js'
import { docsPage, DOCS_STYLE } from './docs-page.js'

/** The API's description, for people and for tools. It contains nothing about this installation. */
@ApiExcludeController()
@Controller()
export class DocsController {
  constructor(private readonly document: ApiDocument) {}

  @Get('docs')
  @Open()
  @Header('Content-Type', 'text/html; charset=utf-8')
  page(): string {
    return docsPage(this.document.get())
  }

  @Get('docs/style.css')
  @Open()
  @Header('Content-Type', 'text/css; charset=utf-8')
  style(): string {
    return DOCS_STYLE
  }

  @Get('openapi.json')
  @Open()
  openApi(): OpenAPIObject {
    return this.document.get()
  }
}

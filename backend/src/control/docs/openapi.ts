import type { INestApplication } from '@nestjs/common'
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger'
import { z } from 'zod'

/**
 * Zod schemas in the dialect of OpenAPI 3.1. A schema used in requests and answers gets two names, because a field with
 * a default is optional in a request and always present in an answer.
 */
function convert(schema: unknown, { schemaType: io }: { schemaType: 'input' | 'output' }) {
  if (!(schema instanceof z.ZodType)) return undefined
  const whole = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' })
  let text = JSON.stringify(whole)
  if (io === 'output') text = text.replace(/"#\/\$defs\/([^"/]+)"/g, '"#/$defs/$1Output"')
  const {
    $schema: _,
    $defs = {},
    ...rest
  } = JSON.parse(text) as Record<string, unknown> & { $defs?: Record<string, unknown> }
  const components = Object.fromEntries(
    Object.entries($defs).map(([name, value]) => [io === 'output' ? `${name}Output` : name, value]),
  )
  return { schema: rest, components }
}

/** The OpenAPI 3.1 document of the REST API, made from the routes and their schemas. */
export function openApiDocument(app: INestApplication, version: string): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Gatehouse control plane')
    .setDescription('Errors are application/problem+json. Lists take filter, sort, limit and cursor.')
    .setVersion(version)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key' })
    .addSecurityRequirements('bearer')
    .build()
  return SwaggerModule.createDocument(app, config, { standardSchemaConverter: convert })
}

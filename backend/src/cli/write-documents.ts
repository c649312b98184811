import { writeDocuments } from './documents.js'

writeDocuments()

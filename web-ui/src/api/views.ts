/** The shapes of the node's local API, from the node's own schemas. */
export type * from '../../../node-app/api/schemas.ts'

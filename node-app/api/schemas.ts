/**
 * The shapes of the local HTTP API: JSON schemas for the server, types for both sides. They follow
 * the views of core/api.ts, which the server's type-check holds them to. Nothing here imports more
 * than typebox, so that the page can take its types from this file.
 */
export * from './schemas/common.ts'
export * from './schemas/devices.ts'
export * from './schemas/events.ts'
export * from './schemas/files.ts'
export * from './schemas/messages.ts'
export * from './schemas/mirrors.ts'
export * from './schemas/node.ts'
export * from './schemas/people.ts'
export * from './schemas/rooms.ts'

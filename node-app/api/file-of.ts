import type { EngineApi } from '../../core/api.ts'
import { findFile, findRoom } from './references.ts'

const WHOLE_ID = /^[0-9a-f]{32}$/

interface FileRequest {
  readonly params: { readonly room: string; readonly file: string }
}

/** The whole ids of the room and the file that a request means. Errors: NOT_FOUND, AMBIGUOUS. */
export async function fileOf(
  { params }: FileRequest,
  engine: EngineApi,
): Promise<{ room: string; file: string }> {
  const room = findRoom(params.room, engine.rooms()).id
  // The usual case needs no list of all; the engine refuses one that is not there.
  if (WHOLE_ID.test(params.file)) return { room, file: params.file }
  return { room, file: findFile(params.file, await engine.files.list(room)).id }
}

import type { ApiContext } from '../context.ts'
import { findRoom } from '../references.ts'
import {
  ApiError,
  FilePolicy,
  FilePolicyRequest,
  FileStorage,
  FileStorageRequest,
  RoomParams,
} from '../schemas.ts'
import type { Api } from '../server.ts'

/** What this device does about files: what it fetches by itself, how long it keeps it, how much it takes. */
export function filePolicyRoutes({ engine }: ApiContext) {
  const idOf = (request: { params: { room: string } }): string =>
    findRoom(request.params.room, engine.rooms()).id
  const policy = { 200: FilePolicy, default: ApiError }
  const storage = { 200: FileStorage, default: ApiError }
  return async (app: Api): Promise<void> => {
    app.get(
      '/file-policy',
      { schema: { summary: 'What holds where a room has nothing of its own', response: policy } },
      () => engine.files.policy(),
    )
    app.patch(
      '/file-policy',
      { schema: { summary: 'Change it', body: FilePolicyRequest, response: policy } },
      (request) => engine.files.setPolicy(null, request.body),
    )
    app.get(
      '/rooms/:room/file-policy',
      { schema: { summary: 'What holds in a room', params: RoomParams, response: policy } },
      (request) => engine.files.policy(idOf(request)),
    )
    app.patch(
      '/rooms/:room/file-policy',
      {
        schema: {
          summary: 'Change what holds in a room, on this device alone',
          params: RoomParams,
          body: FilePolicyRequest,
          response: policy,
        },
      },
      (request) => engine.files.setPolicy(idOf(request), request.body),
    )
    app.get(
      '/file-storage',
      { schema: { summary: 'What received files take, and may', response: storage } },
      () => engine.files.storage(),
    )
    app.patch(
      '/file-storage',
      {
        schema: {
          summary: 'Set the most that received files may take; what is beyond it is freed',
          body: FileStorageRequest,
          response: storage,
        },
      },
      (request) => engine.files.setQuota(request.body.quota),
    )
  }
}

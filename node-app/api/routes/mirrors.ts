import { isAbsolute } from 'node:path'
import { PorchlightError } from '../../../core/errors.ts'
import { programsOnly } from '../caller.ts'
import type { ApiContext } from '../context.ts'
import { findNode, findRoom } from '../references.ts'
import {
  ApiError,
  CarryReport,
  CarryRequest,
  HeldQuery,
  HeldView,
  MirrorParams,
  MirrorRequest,
  MirrorView,
  NodeView,
  RoomParams,
  SharingRequest,
  SharingSettings,
} from '../schemas.ts'
import Type from '../schemas/type.ts'
import type { Api } from '../server.ts'
import { patiently, whileAsked } from '../while-asked.ts'

/** Blind peers of rooms, what this node does for others, and exchanging rooms with a directory. */
export function mirrorRoutes({ engine }: ApiContext) {
  const views = { 200: Type.Immutable(Type.Array(MirrorView)), default: ApiError }
  const held = { 200: HeldView, default: ApiError }
  const sharing = { 200: SharingSettings, default: ApiError }
  return async (app: Api): Promise<void> => {
    app.get(
      '/nodes',
      {
        schema: {
          summary: 'Nodes that offer space: in reach, or asked to mirror a room',
          response: { 200: Type.Immutable(Type.Array(NodeView)), default: ApiError },
        },
      },
      () => engine.mirrors.nodes(),
    )
    app.get(
      '/mirrors',
      { schema: { summary: 'The blind peers of all rooms', response: views } },
      () => engine.mirrors.list(),
    )
    app.get(
      '/rooms/:room/mirrors',
      { schema: { summary: 'The blind peers of a room', params: RoomParams, response: views } },
      ({ params }) => engine.mirrors.list(findRoom(params.room, engine.rooms()).id),
    )
    app.post(
      '/rooms/:room/mirrors',
      {
        schema: {
          summary: 'Ask a node to mirror a room, for all its members',
          params: RoomParams,
          body: MirrorRequest,
          response: { 201: MirrorView, default: ApiError },
        },
      },
      async ({ params, body }, reply) => {
        const { id } = findRoom(params.room, engine.rooms())
        return reply.code(201).send(await engine.mirrors.add(id, body.node))
      },
    )
    app.delete(
      '/rooms/:room/mirrors/:node',
      {
        schema: {
          summary: 'Take it back; the node deletes once no depositor is left',
          params: MirrorParams,
          response: { 204: Type.Null(), default: ApiError },
        },
      },
      async ({ params }, reply) => {
        const { id } = findRoom(params.room, engine.rooms())
        const node = findNode(params.node, engine.mirrors.list(id))
        await engine.mirrors.remove(id, node.node)
        return reply.code(204).send(null)
      },
    )
    app.get(
      '/held',
      { schema: { summary: 'What this node holds for others, unread', response: held } },
      () => engine.mirrors.held(),
    )
    app.delete(
      '/held',
      {
        schema: {
          summary: 'Delete what this node carries, or all that it holds for others',
          querystring: HeldQuery,
          response: held,
        },
      },
      async ({ query }) => {
        await engine.mirrors.drop(query.what)
        return engine.mirrors.held()
      },
    )
    app.get(
      '/sharing',
      { schema: { summary: 'What this node does for others', response: sharing } },
      () => engine.mirrors.settings,
    )
    app.patch(
      '/sharing',
      { schema: { summary: 'Change it', body: SharingRequest, response: sharing } },
      ({ body }) => engine.mirrors.setSettings(body),
    )
    app.post(
      '/carry',
      {
        schema: {
          summary: 'Exchange all rooms with a directory; for programs alone',
          body: CarryRequest,
          response: { 200: CarryReport, default: ApiError },
        },
      },
      async (request, reply) => {
        programsOnly(request)
        patiently(request.raw)
        const { dir } = request.body
        if (!isAbsolute(dir)) {
          throw new PorchlightError(
            'BAD_REQUEST',
            'The directory has to be named from the root on. Nothing was read or written.',
          )
        }
        return engine.mirrors.carry(dir, { signal: whileAsked(reply.raw) })
      },
    )
  }
}

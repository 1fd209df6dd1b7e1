import Type from '../schemas/type.ts'
import type { ApiContext } from '../context.ts'
import { findDevice } from '../references.ts'
import {
  AnswerRequest,
  ApiError,
  DeviceParams,
  DeviceView,
  PairingOffer,
  PairingRequest,
  PairingState,
  PairRequest,
} from '../schemas.ts'
import type { Api } from '../server.ts'
import { whileAsked } from '../while-asked.ts'

/** This person's own devices: listed, paired, cut off. */
export function deviceRoutes({ engine }: ApiContext) {
  const list = { 200: Type.Immutable(Type.Array(DeviceView)), default: ApiError }
  return async (app: Api): Promise<void> => {
    app.get('/devices', { schema: { summary: 'This person’s devices', response: list } }, () =>
      engine.devices.list(),
    )
    app.delete(
      '/devices/:device',
      {
        schema: {
          summary: 'Cut a device off in every room',
          params: DeviceParams,
          response: { 200: DeviceView, default: ApiError },
        },
      },
      async (request) => {
        const device = findDevice(request.params.device, engine.devices.list())
        await engine.devices.remove(device.id)
        return device
      },
    )
    app.post(
      '/devices/pairing',
      {
        schema: {
          summary: 'Begin to wait for a new device; the code is good once',
          body: PairingRequest,
          response: { 201: PairingOffer, default: ApiError },
        },
      },
      async (request, reply) => {
        const offer = await engine.devices.offer(request.body)
        return reply.code(201).send(offer)
      },
    )
    app.get(
      '/devices/pairing',
      {
        schema: {
          summary: 'Where the pairing stands; the event `pairing` says when it moves on',
          response: { 200: PairingState, default: ApiError },
        },
      },
      () => engine.devices.pairing(),
    )
    app.post(
      '/devices/pairing/answer',
      {
        schema: {
          summary: 'Let the asking device in, or refuse it',
          body: AnswerRequest,
          response: { 200: PairingState, default: ApiError },
        },
      },
      (request) => {
        engine.devices.answer(request.body.accept)
        return engine.devices.pairing()
      },
    )
    app.post(
      '/devices/pair',
      {
        schema: {
          summary: 'On a new, empty device: become one of the person’s who shows the code',
          body: PairRequest,
          response: list,
        },
      },
      async (request, reply) => {
        const { code, ...options } = request.body
        await engine.devices.pair(code, { ...options, signal: whileAsked(reply.raw) })
        return engine.devices.list()
      },
    )
  }
}

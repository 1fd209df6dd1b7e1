import { builtinModules } from 'node:module'
import { dirname, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SHARED_WITH_TRANSPORTS = [
  'transport',
  'clock',
  'random',
  'errors',
  'logger',
  'doubling',
  'connection/frame-meter',
  'doubling',
]
const SOCKETS = ['net', 'dgram', 'tls', 'http', 'https', 'http2', 'dns', 'child_process']
const SERVERS = ['fastify', '@fastify/', 'hyperswarm', 'hyperdht', 'multicast-dns']

/** What each layer may import of ours: the answer for a file of the checkout, by its path there. */
const LAYERS = {
  core: (path) => path.startsWith('core/'),
  transports: (path) =>
    path.startsWith('transports/') ||
    SHARED_WITH_TRANSPORTS.some((name) => path === `core/${name}.ts`),
  'node-app': (path) => /^(core|transports|node-app)\//.test(path) || path === 'package.json',
  'web-ui': (path, typesOnly) =>
    path.startsWith('web-ui/') || (typesOnly && path === 'node-app/api/schemas.ts'),
}

/** The sentence that is wrong with importing `specifier` from `file`, or null. */
export function violation(file, specifier, typesOnly) {
  const from = inCheckout(file)
  // The build's own configuration runs in Node, at build time.
  if (from === 'web-ui/vite.config.ts') return null
  const layer = from.split('/')[0]
  const mayImport = LAYERS[layer]
  if (!mayImport) return null
  if (specifier.startsWith('.')) {
    const target = inCheckout(resolve(dirname(file), specifier.replace(/[?#].*$/, '')))
    return mayImport(target, typesOnly) ? null : `${layer} must not import ${target}.`
  }
  const bare = specifier.replace(/^node:/, '')
  if (layer === 'core' && opensSockets(bare)) return `core opens no socket: not ${specifier}.`
  if (layer === 'web-ui' && isBuiltin(specifier)) return `the page has no Node: not ${specifier}.`
  return null
}

function opensSockets(name) {
  if (SOCKETS.includes(name)) return true
  return SERVERS.some((server) =>
    server.endsWith('/') ? name.startsWith(server) : name === server,
  )
}

function isBuiltin(specifier) {
  return specifier.startsWith('node:') || builtinModules.includes(specifier)
}

function inCheckout(file) {
  return relative(ROOT, file).split(sep).join('/')
}

const layers = {
  create(context) {
    const check = (node, typesOnly) => {
      const specifier = node.source?.value
      if (typeof specifier !== 'string') return
      const message = violation(context.filename, specifier, typesOnly)
      if (message !== null) context.report({ node: node.source, message })
    }
    return {
      ImportDeclaration: (node) => check(node, node.importKind === 'type'),
      ExportNamedDeclaration: (node) => check(node, node.exportKind === 'type'),
      ExportAllDeclaration: (node) => check(node, node.exportKind === 'type'),
      ImportExpression: (node) => check(node, false),
      TSImportType: (node) => check(node, true),
    }
  },
}

export default { meta: { name: 'porchlight' }, rules: { layers } }

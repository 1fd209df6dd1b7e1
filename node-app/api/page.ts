import fastifyStatic from '@fastify/static'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Api } from './server.ts'

const NOT_BUILT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Porchlight</title>
<h1>Porchlight is running</h1>
<p>Its page has not been built in this checkout. Run <code>npm start</code>, which builds it,
or use the command line: <code>porchlight -h</code>.</p>
</html>
`

/** Serves the built page and its assets, or says plainly that it was not built. */
export async function servePage(app: Api, webRoot: string): Promise<void> {
  if (existsSync(join(webRoot, 'index.html'))) {
    await app.register(fastifyStatic, {
      root: webRoot,
      dotfiles: 'ignore',
      cacheControl: false,
      setHeaders(reply, path) {
        // Vite names assets by their content; all else is to be asked for anew.
        const fixed = path.startsWith(join(webRoot, 'assets'))
        void reply.header(
          'cache-control',
          fixed ? 'public, max-age=31536000, immutable' : 'no-cache',
        )
      },
    })
  } else {
    app.get('/', { schema: { hide: true } }, (_request, reply) =>
      reply.type('text/html; charset=utf-8').send(NOT_BUILT),
    )
  }
}

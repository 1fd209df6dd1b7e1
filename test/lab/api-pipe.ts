/**
 * Runs inside a host of a lab: calls the API of the node on the directory that is its argument, as lines of JSON on
 * stdin say, and answers with a line each. Far cheaper than a command for what is asked again and again.
 */
import { Agent } from 'node:http'
import { createInterface } from 'node:readline'
import { ApiClient } from '../../node-app/cli/client.ts'

interface Call {
  readonly n: number
  readonly path: string
  /** Of a POST; without it, it is a GET. */
  readonly body?: object
}

const [dir = ''] = process.argv.slice(2)
const agent = new Agent({ keepAlive: true })

async function answer({ n, path, body }: Call): Promise<object> {
  try {
    // Anew for each: the node may have been started again.
    const client = await ApiClient.connect(dir, agent)
    return { n, value: await (body ? client.post(path, body) : client.get(path)) }
  } catch (error) {
    return { n, error: String(error) }
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  void answer(JSON.parse(line) as Call).then((answered) => {
    process.stdout.write(`${JSON.stringify(answered)}\n`)
  })
})

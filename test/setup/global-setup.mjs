import { ready } from '../../node-app/setup/ready.mjs'

/** Jest runs this once before all: the program and the page built from the sources as they are, the programs of the labs installed. */
export default async function globalSetup(globalConfig) {
  if (!(await ready('all'))) throw new Error('The checkout could not be made ready; see above.')
  if (globalConfig.testPathPatterns?.patterns?.length > 0) return
  const { ensureDebian, LAB_PACKAGES } = await import('../../dist/test/setup/debian.js')
  await ensureDebian(LAB_PACKAGES)
}

import jestRunner from 'jest-runner'

// In ESM the CommonJS module's exports arrive whole, its default among them.
const TestRunner = jestRunner.default ?? jestRunner

/**
 * Runs a project's test files one after another, and with nothing beside them: labs make network
 * namespaces and measure, so a neighbour would disturb them.
 */
export default class SerialRunner extends TestRunner {
  isSerial = true
}

'use strict'
// Preloaded (`node --require`), it hides what matches PORCHLIGHT_TEST_HIDE from `require`, as if it were not installed.
const Module = require('node:module')

const HIDDEN = process.env.PORCHLIGHT_TEST_HIDE
const load = Module._load

if (HIDDEN) {
  const hidden = new RegExp(HIDDEN)
  Module._load = function (request, ...rest) {
    if (!hidden.test(request)) return load.call(this, request, ...rest)
    const error = new Error(`Cannot find module '${request}'`)
    throw Object.assign(error, { code: 'MODULE_NOT_FOUND' })
  }
}

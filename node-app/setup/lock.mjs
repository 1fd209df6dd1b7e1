import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const HEARTBEAT_MS = 1000
const DEAD_AFTER_MS = 10_000

/**
 * Holds the lock file while `work` runs, so that two set-ups of one checkout take turns. A holder
 * touches its file every second; one that has not done so for `deadAfter` milliseconds of our waiting is dead.
 * Process ids are not asked: the other holder may live in another container.
 */
export async function withLock(file, work, { waiting = () => {}, deadAfter = DEAD_AFTER_MS } = {}) {
  mkdirSync(dirname(file), { recursive: true })
  const id = `${process.pid}-${process.hrtime.bigint()}`
  let seen = { id: '', touched: 0, since: 0 }
  while (!tryCreate(file, id)) {
    const holder = inspect(file)
    if (holder === null) continue
    const now = performance.now()
    if (holder.id !== seen.id || holder.touched !== seen.touched) {
      if (seen.id === '') waiting()
      seen = { ...holder, since: now }
    } else if (now - seen.since > deadAfter) {
      breakLock(file, holder.id)
    }
    await sleep(100)
  }
  const beat = setInterval(() => touch(file), HEARTBEAT_MS)
  const release = () => {
    clearInterval(beat)
    if (inspect(file)?.id === id) rmSync(file, { force: true })
  }
  const interrupted = (signal) => {
    release()
    process.exit(signal === 'SIGINT' ? 130 : 143)
  }
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted)
  try {
    return await work()
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
    release()
  }
}

function tryCreate(file, id) {
  try {
    writeFileSync(file, id, { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function inspect(file) {
  try {
    return { id: readFileSync(file, 'utf8') || 'unnamed', touched: statSync(file).mtimeMs }
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}

function touch(file) {
  const now = new Date()
  try {
    utimesSync(file, now, now)
  } catch {
    // Gone: somebody took it for dead. The work goes on; its results are written whole or not at all.
  }
}

// Two waiters may find the same holder dead: only the one that creates the claim named after that
// holder may remove its file, and looks again before doing so.
function breakLock(file, deadId) {
  const claim = `${file}.${deadId}.dead`
  if (!tryCreate(claim, '')) return
  try {
    if (inspect(file)?.id === deadId) rmSync(file, { force: true })
  } finally {
    rmSync(claim, { force: true })
  }
}

import { describe, expect, test } from '@jest/globals'
import { Job } from '../../core/job.ts'

describe('a job', () => {
  test('runs one at a time, and once more for all wakes of a run', async () => {
    let under = 0
    let runs = 0
    const job = new Job(async () => {
      expect(++under).toBe(1)
      runs++
      await Promise.resolve()
      under--
    })
    const first = job.wake()
    const others = [job.wake(), job.wake(), job.wake()]
    await Promise.all([first, ...others])
    expect(runs).toBe(2)
    expect(job.running).toBeNull()
  })

  test('no wake is lost, however late in a run it comes', async () => {
    for (let turns = 0; turns < 12; turns++) {
      let work = 0
      const job = new Job(async () => {
        work = 0
        await Promise.resolve()
      })
      void job.wake()
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      work = 1
      await job.wake()
      expect(work).toBe(0)
    }
  })
})

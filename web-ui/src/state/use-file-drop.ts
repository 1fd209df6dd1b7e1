import { useEffect, useState } from 'preact/hooks'
import { carriesFiles, droppedFiles } from './dropped-files.ts'

/** Takes files dropped anywhere on the page; true while some are held over it. */
export function useFileDrop(on: boolean, take: (dropped: ReturnType<typeof droppedFiles>) => void) {
  const [over, setOver] = useState(false)
  useEffect(() => {
    if (!on) return
    // What a dialog is open over is not what is meant.
    const meant = (event: DragEvent): boolean =>
      carriesFiles(event) && document.querySelector('dialog[open]') === null
    const drag = (event: DragEvent): void => setOver(meant(event))
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false)
    }
    const drop = (event: DragEvent): void => {
      setOver(false)
      if (event.dataTransfer && meant(event)) take(droppedFiles(event.dataTransfer))
    }
    addEventListener('dragover', drag)
    addEventListener('dragleave', leave)
    addEventListener('drop', drop)
    return () => {
      setOver(false)
      removeEventListener('dragover', drag)
      removeEventListener('dragleave', leave)
      removeEventListener('drop', drop)
    }
  }, [on, take])
  return over
}

import { useMemo } from 'preact/hooks'
import { qrPath } from '../text/qr-path.ts'

/** Drawn dark on white in every colour scheme: phones read that best. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { path, size } = useMemo(() => qrPath(text), [text])
  return (
    <svg class="qr" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`}>
      <rect class="qr-paper" width={size} height={size} />
      <path class="qr-ink" d={path} />
    </svg>
  )
}

interface MarkHandleProps {
  text: string;
  /** Given by recharts. */
  viewBox?: { readonly x?: number; readonly y?: number };
}

/** The small triangle at the top of an event's line; hovering it says what happened. */
export function MarkHandle({ text, viewBox }: MarkHandleProps) {
  const x = viewBox?.x ?? 0;
  const y = viewBox?.y ?? 0;
  return (
    <g data-hint={text}>
      <rect x={x - 8} y={y - 12} width={16} height={18} fill="transparent" />
      <path d={`M${x - 4.5} ${y - 8}h9l-4.5 6.5Z`} fill="var(--accent)" />
    </g>
  );
}

'use client';
import { ActionIcon, Switch } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconTrash } from '@tabler/icons-react';
import { useId } from 'react';
import type { ReactNode } from 'react';
import type { RouteRow } from '@tulle/model';
import { isPlainCondition } from '../view-model/draft.ts';
import type { DraftRow, FailureRule, RowField } from '../view-model/draft.ts';
import type { DraftEdit } from '../view-model/edit-draft.ts';
import { RouteNumbers } from './route-numbers.tsx';
import classes from './routes.module.css';

interface RouteRowEditorProps {
  row: DraftRow;
  /** Counted from 1, for a screen reader. */
  position: number;
  last: boolean;
  faults: Readonly<Partial<Record<RowField, string>>>;
  numbers: RouteRow | null;
  stale: boolean;
  onEdit: (edit: DraftEdit) => void;
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];

const FAILURE_WORDS: Readonly<Record<FailureRule, string>> = {
  default: '5xx, gRPC faults',
  'client-errors': '4xx and 5xx',
  never: 'nothing',
  custom: 'as stored',
};

/** One route: every field can be typed into, and what is wrong stands below the field it is about. */
export function RouteRowEditor(props: RouteRowEditorProps) {
  const { row, position, last, faults, numbers, stale, onEdit } = props;
  const change = (fields: Partial<DraftRow>) =>
    onEdit({ kind: 'change', id: row.id, change: fields });
  const plain = row.origin === null || isPlainCondition(row.origin.condition);
  return (
    <tr>
      {plain ? (
        <>
          <td data-cell="method">
            <MethodField row={row} position={position} fault={faults.method} onChange={change} />
          </td>
          <td data-cell="path">
            <TextField
              label={`Path of route ${position}`}
              value={row.path}
              placeholder="every path"
              fault={faults.path}
              onChange={(path) => change({ path })}
            />
          </td>
        </>
      ) : (
        <td colSpan={2} data-cell="path">
          <span className={classes['complex']} data-hint="Change it with tulle profile set">
            {row.origin?.name}: a condition of several parts
          </span>
          <Fault text={faults.path} />
        </td>
      )}
      <td data-cell="timeout">
        <TextField
          label={`Timeout of route ${position}`}
          value={row.timeout}
          placeholder="none"
          fault={faults.timeout}
          onChange={(timeout) => change({ timeout })}
        />
      </td>
      <td data-cell="retry">
        <Switch
          size="sm"
          aria-label={`Route ${position} may be retried`}
          checked={row.retryable}
          onChange={({ currentTarget }) => change({ retryable: currentTarget.checked })}
        />
      </td>
      <td data-cell="failure">
        <select
          className={classes['select']}
          aria-label={`What counts as failure of route ${position}`}
          value={row.failure}
          onChange={({ target }) => change({ failure: target.value as FailureRule })}
        >
          {Object.entries(FAILURE_WORDS)
            .filter(([rule]) => rule !== 'custom' || row.failure === 'custom')
            .map(([rule, words]) => (
              <option key={rule} value={rule}>
                {words}
              </option>
            ))}
        </select>
        <Fault text={faults.failure} />
      </td>
      <RouteNumbers numbers={numbers} stale={stale} />
      <td data-cell="actions" aria-label="Move or remove">
        <span className={classes['actions']}>
          <RowAction
            label={`Move route ${position} up`}
            disabled={position === 1}
            onClick={() => onEdit({ kind: 'move', id: row.id, by: -1 })}
          >
            <IconArrowUp size={15} aria-hidden />
          </RowAction>
          <RowAction
            label={`Move route ${position} down`}
            disabled={last}
            onClick={() => onEdit({ kind: 'move', id: row.id, by: 1 })}
          >
            <IconArrowDown size={15} aria-hidden />
          </RowAction>
          <RowAction
            label={`Remove route ${position}`}
            onClick={() => onEdit({ kind: 'remove', id: row.id })}
          >
            <IconTrash size={15} aria-hidden />
          </RowAction>
        </span>
      </td>
    </tr>
  );
}

interface RowActionProps {
  label: string;
  disabled?: boolean;
  onClick: () => void;
  children: ReactNode;
}

function RowAction({ label, disabled = false, onClick, children }: RowActionProps) {
  return (
    <ActionIcon
      aria-label={label}
      disabled={disabled}
      variant="transparent"
      size={24}
      onClick={onClick}
    >
      {children}
    </ActionIcon>
  );
}

interface MethodFieldProps {
  row: DraftRow;
  position: number;
  fault: string | undefined;
  onChange: (fields: Partial<DraftRow>) => void;
}

function MethodField({ row, position, fault, onChange }: MethodFieldProps) {
  const own = row.method !== '' && !METHODS.includes(row.method) ? [row.method] : [];
  return (
    <>
      <select
        className={classes['select']}
        data-mono
        aria-label={`Method of route ${position}`}
        aria-invalid={fault !== undefined}
        value={row.method}
        onChange={({ target }) => onChange({ method: target.value })}
      >
        <option value="">any</option>
        {[...METHODS, ...own].map((method) => (
          <option key={method}>{method}</option>
        ))}
      </select>
      <Fault text={fault} />
    </>
  );
}

interface TextFieldProps {
  label: string;
  value: string;
  placeholder: string;
  fault: string | undefined;
  onChange: (value: string) => void;
}

function TextField({ label, value, placeholder, fault, onChange }: TextFieldProps) {
  const faultId = useId();
  return (
    <>
      <input
        className={classes['input']}
        value={value}
        placeholder={placeholder}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        aria-label={label}
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : faultId}
        onChange={({ target }) => onChange(target.value)}
      />
      <Fault text={fault} id={faultId} />
    </>
  );
}

function Fault({ text, id }: { text: string | undefined; id?: string }) {
  if (text === undefined) return null;
  return (
    <span className={classes['fault']} id={id}>
      {text}
    </span>
  );
}

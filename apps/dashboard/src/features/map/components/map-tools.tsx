'use client';
import { Button, Menu } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import type { MapView } from '@tulle/model';
import type { MapChoicesState } from '../view-model/use-map-choices.ts';

export interface MapToolsProps {
  view: MapView;
  choices: MapChoicesState;
}

/** Which namespaces are collapsed, and whether idle workloads are drawn. */
export function MapTools({ view, choices }: MapToolsProps) {
  const { collapsed, idle } = choices;
  const namespaces = [...new Set(Object.values(view.nodes).map(({ ref }) => ref.namespace))].sort();
  function toggle(namespace: string): void {
    const next = new Set(collapsed);
    if (!next.delete(namespace)) next.add(namespace);
    choices.setCollapsed(next);
  }
  return (
    <>
      <Menu position="bottom-end" width={240} closeOnItemClick={false}>
        <Menu.Target>
          <Button>Namespaces{collapsed.size === 0 ? '' : `: ${collapsed.size} collapsed`}</Button>
        </Menu.Target>
        <Menu.Dropdown mah={420} style={{ overflowY: 'auto' }}>
          <Menu.Item onClick={() => choices.setCollapsed(new Set())}>Expand all</Menu.Item>
          <Menu.Item onClick={() => choices.setCollapsed(new Set(namespaces))}>
            Collapse all
          </Menu.Item>
          <Menu.Divider />
          {namespaces.map((namespace) => (
            <Menu.Item
              key={namespace}
              role="menuitemcheckbox"
              aria-checked={!collapsed.has(namespace)}
              rightSection={collapsed.has(namespace) ? null : <IconCheck size={14} aria-hidden />}
              onClick={() => toggle(namespace)}
            >
              {namespace}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Button
        aria-pressed={idle}
        variant={idle ? 'light' : 'default'}
        onClick={() => choices.setIdle(!idle)}
      >
        Idle too
      </Button>
    </>
  );
}

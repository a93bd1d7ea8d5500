import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { expect, onTestFinished, type TestContext, test, vi } from 'vitest';
import { checkParity, describeParity } from '../src/gpu/parity.ts';
import type { PeerDefinition } from '../src/speed/peers.ts';
import { runSpeed } from '../src/speed/run-speed.ts';
import { emptyFolder, named, optionsFor } from './run-options.ts';

/** Debian's chromium brings SwiftShader, a graphics card in software, and the Vulkan loader for it. */
const chromium = '/usr/lib/chromium';
const driver = join(chromium, 'vk_swiftshader_icd.json');

/** Peers on SwiftShader, whatever else there is; the test is skipped where there is none. */
const onEmulation = (context: TestContext, ...names: string[]): PeerDefinition[] => {
  if (!existsSync(driver)) context.skip(`needs SwiftShader, there is no ${driver}`);
  const env = { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: chromium };
  return named(...names).map(peer => ({ ...peer, command: async given => ({ ...(await peer.command(given)), env }) }));
};

// On a busy machine an emulated card takes minutes.
test('the kernels on WebGPU agree with the reference, and the work of the host is counted', {
  timeout: 900_000,
}, async context => {
  const output = emptyFolder();
  const found = await runSpeed(optionsFor(output, { peers: [...onEmulation(context, 'webgpu'), ...named('cpu')] }));
  for (const { gradient, loss } of found.disagreements) {
    expect(gradient).toBeLessThan(1e-4);
    expect(loss).toBeLessThan(1e-4);
  }
  expect(found.peers['webgpu']).toMatchObject({ device: { kind: 'webgpu', software: true } });
  expect(found.deviceRates).toEqual([{ peer: 'webgpu', precision: 'float32', rate: expect.any(Number) }]);
  expect(found.deviceRates[0]?.rate).toBeGreaterThan(0);
  const measured = found.results.flatMap(({ peer, outcome }) => {
    if (outcome.state !== 'measured') throw new Error(`${peer}: ${outcome.state}: ${outcome.reason}`);
    return [{ peer, ...outcome }];
  });
  expect(measured).toHaveLength(12);
  const ours = measured.filter(({ peer }) => peer === 'webgpu');
  for (const { demands, deviceMemory, rate } of ours) {
    // One for each layer forward, two for each in reverse, and few besides; nothing is read between reports.
    expect(demands).toMatchObject({ submissions: 1, readBacks: 0, dispatches: ours[0]?.demands?.dispatches });
    expect(demands?.dispatches).toBeGreaterThanOrEqual(15);
    expect(demands?.dispatches).toBeLessThanOrEqual(25);
    expect(demands?.hostSeconds).toBeGreaterThan(0);
    expect(demands?.kernelBytes).toBeGreaterThan(0);
    expect(deviceMemory).toBeGreaterThan(demands?.kernelBytes ?? 0);
    expect(rate).toBeGreaterThan(0);
  }
  // The losses before some update, of the same steps.
  for (const [index, { loss }] of ours.entries())
    expect(loss / (measured.filter(({ peer }) => peer === 'cpu')[index]?.loss ?? 0)).toBeCloseTo(1, 4);

  const html = readFileSync(join(output, 'index.html'), 'utf8');
  const { document } = parseHTML(html);
  const titles = [...document.querySelectorAll('h2')].map(({ textContent }) => textContent);
  expect(titles).toContain('Work of the host in a step');
  // An emulation's rate says nothing.
  expect(titles).not.toContain("How close to the device's rate");
  expect(document.querySelector('b')?.textContent).toMatch(/^The graphics card of webgpu is emulated on the processor/);
  expect(html).not.toMatch(/undefined|NaN|\[object/);
});

test("on tfjs's own kernels a step takes more dispatches", { timeout: 900_000 }, async context => {
  const changes = { points: [64], supervisions: ['value'], rounds: 1, stepLimit: 60 } as const;
  const peers = onEmulation(context, 'webgpu', 'webgpu-tfjs');
  const { results } = await runSpeed(optionsFor(emptyFolder(), { ...changes, peers }));
  const [ours, theirs] = results.map(({ outcome }) => {
    if (outcome.state !== 'measured') throw new Error(`${outcome.state}: ${outcome.reason}`);
    return outcome.demands;
  });
  expect(theirs?.dispatches).toBeGreaterThan(2 * (ours?.dispatches ?? 0));
  expect(theirs?.readBacks).toBe(0);
  expect(theirs).not.toHaveProperty('kernelBytes');
});

test('where only a card will do, an emulation is none', async context => {
  const peers = onEmulation(context, 'webgpu');
  await expect(runSpeed(optionsFor(emptyFolder(), { peers, needsCard: true }))).rejects.toThrow(
    /^there is no usable graphics card here \(webgpu: its graphics card is emulated \(.*SwiftShader.*\)\)$/,
  );
});

test('where Vulkan has no driver, WebGPU cannot be had', async context => {
  if (process.platform !== 'linux') context.skip('needs Linux: elsewhere WebGPU does not go through Vulkan alone');
  const [webgpu] = named('webgpu');
  const env = { VK_ICD_FILENAMES: '/nowhere.json', VK_DRIVER_FILES: '/nowhere.json' };
  const peers = [
    {
      ...webgpu!,
      command: async (given: Parameters<PeerDefinition['command']>[0]) => ({ ...(await webgpu!.command(given)), env }),
    },
  ];
  await expect(runSpeed(optionsFor(emptyFolder(), { peers }))).rejects.toThrow(
    'no peer is available here (webgpu: WebGPU has no adapter here)',
  );
});

/** Lets this process and those that it starts find a Vulkan driver, or none. */
const useDriver = (file: string): void => {
  for (const name of ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES']) vi.stubEnv(name, file);
  vi.stubEnv('LD_LIBRARY_PATH', chromium);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
};

const parityOptions = (): Parameters<typeof checkParity>[0] => ({
  ...{ only: ['tiled', 'identity'], needsCard: false, timeLimit: 600, report: () => undefined },
  signal: new AbortController().signal,
});

test('the kernels agree with the cpu backend by the script for it', { timeout: 700_000 }, async context => {
  if (!existsSync(driver)) context.skip(`needs SwiftShader, there is no ${driver}`);
  useDriver(driver);
  const reported: string[] = [];
  const parity = await checkParity({ ...parityOptions(), report: ({ name }) => reported.push(name) });
  if ('unavailable' in parity) throw new Error(parity.unavailable);
  expect(reported).toEqual(['identity']);
  expect(parity).toMatchObject({
    software: true,
    faults: [],
    allowed: 1e-4,
    results: [{ style: 'tiled', good: true }],
  });
  expect(parity.results[0]?.errors).toHaveLength(3);
  for (const error of parity.results[0]?.errors ?? []) expect(error).toBeLessThan(1e-4);
  expect(describeParity(parity)).toBe('1 of 1 cases agree with the cpu backend within 0.0001');
});

test('parity that cannot be checked says why', async context => {
  if (process.platform !== 'linux') context.skip('needs Linux: elsewhere WebGPU does not go through Vulkan alone');
  useDriver('/nowhere.json');
  expect(await checkParity(parityOptions())).toEqual({ unavailable: 'WebGPU has no adapter here' });
  if (!existsSync(driver)) context.skip(`needs SwiftShader, there is no ${driver}`);
  useDriver(driver);
  const emulated = await checkParity({ ...parityOptions(), needsCard: true });
  expect(emulated).toEqual({ unavailable: expect.stringMatching(/^its graphics card is emulated \(.*SwiftShader/) });
});

#!/bin/sh
# Runs what is in this folder by the Node that is in this folder: ./run shows what there is. It needs nothing but a shell.
case $0 in
  */*) here=$(cd "${0%/*}" && pwd) ;;
  *) here=$(pwd) ;;
esac

list() {
  printf '%s\n' \
    'Runs here without an installed Node and without a network. What it writes goes to the folder that it is started in.' \
    '' \
    '  run neural-fields <command>   the command line tool: fit, render, mesh, info, demo and reproduce' \
    '  run bench                     training steps beside other programs, such as the PyTorch of a Python on this machine' \
    '  run bench gpu                 a report on this graphics card in ten minutes: parity, and steps beside PyTorch and JAX' \
    '  run parity.mjs                by how much the WebGPU kernels on this graphics card differ from the cpu' \
    '  run half-precision.mjs        what half precision changes, where this graphics card has it' \
    '  run steps.mjs [points] [steps] [width]   how long a training step takes on this graphics card' \
    '' \
    'Examples' \
    '' \
    '  run parity.mjs && run steps.mjs 65536 50 256' \
    '  run neural-fields reproduce list' \
    '  run neural-fields reproduce siren-image --profile paper --backend webgpu -o out' \
    '  run neural-fields reproduce all --profile quick --backend simd -o out' \
    '  run neural-fields fit photo.jpg -o photo.safetensors --backend webgpu' \
    '  run bench gpu'
}

program=${1:-}
[ $# -gt 0 ] && shift
case $program in
  neural-fields) script=apps/cli/dist/main.js ;;
  bench) script=apps/bench/dist/main.js ;;
  half-precision.mjs | parity.mjs | steps.mjs) script=packages/kernels-webgpu/bench/$program ;;
  '' | help | -h | --help)
    list
    exit 0
    ;;
  *)
    echo "run: there is no '$program' here" >&2
    list >&2
    exit 2
    ;;
esac

export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/vulkan"
if [ -z "${VK_ICD_FILENAMES:-}" ]; then
  export VK_ICD_FILENAMES="$here/vulkan/nvidia.json"
  for driver in /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json; do
    # The machine describes its own drivers.
    [ -e "$driver" ] && unset VK_ICD_FILENAMES
  done
fi
exec "$here/node" "$here/app/$script" "$@"

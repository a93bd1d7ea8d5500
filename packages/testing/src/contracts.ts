export {
  type ActivationContractOptions,
  activationContract,
  type ContractActivation,
  type ContractTensor,
} from './activation-contract.ts';
export { type JetContractCore, type JetContractOptions, jetContract } from './jet-contract.ts';

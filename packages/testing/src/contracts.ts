export {
  type ActivationContractOptions,
  activationContract,
  type ContractActivation,
  type ContractTensor,
} from './activation-contract.ts';

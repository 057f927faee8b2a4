// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "./Commit.sol";
import {IPinpoint, ModelState, Registration} from "./IPinpoint.sol";

/// @title Models that claims can be made about
abstract contract Registry is IPinpoint {
    uint32 internal constant MACHINE_VERSION = 1;
    /// @dev Leaves of a program's tree.
    uint256 internal constant MAX_PROGRAM = 1 << 20;

    mapping(bytes32 model => ModelState) internal models;

    /// @inheritdoc IPinpoint
    function register(Registration calldata registration) external returns (bytes32 model) {
        if (registration.length == 0 || registration.length > MAX_PROGRAM) {
            revert LengthOutOfRange(registration.length, MAX_PROGRAM);
        }
        if (registration.maxIterations == 0) {
            revert IterationsOutOfRange(0, type(uint32).max);
        }
        if (registration.machineVersion != MACHINE_VERSION) {
            revert UnsupportedMachineVersion(registration.machineVersion, MACHINE_VERSION);
        }
        bytes32 initial = Commit.initialSlots(registration.outputsRoot, registration.rest);
        if (initial != registration.initialSlotsRoot) {
            revert InitialSlotsRootMismatch(initial, registration.initialSlotsRoot);
        }
        model = Commit.model(registration);
        if (models[model].length != 0) revert ModelExists(model);
        models[model] = ModelState({
            length: registration.length,
            maxIterations: registration.maxIterations,
            programRoot: registration.programRoot,
            outputsRoot: registration.outputsRoot,
            rest: registration.rest,
            codeRoot: registration.image.codeRoot,
            dataRoot: registration.image.dataRoot
        });
        emit Registered(model, msg.sender, registration);
    }

    /// @inheritdoc IPinpoint
    function getModel(bytes32 model) external view returns (ModelState memory) {
        return models[model];
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "./Commit.sol";
import {ClaimState, ClaimStatus, IPinpoint, ModelState, Parameters, Request} from "./IPinpoint.sol";
import {Money} from "./Money.sol";
import {Registry} from "./Registry.sol";
import {tensorRoot} from "./arbiter/TensorRoot.sol";

/// @title Claims: a bond on the end of a run
abstract contract Claims is Registry, Money {
    uint256 public immutable override WINDOW;
    uint256 public immutable override CLAIM_BOND;

    mapping(bytes32 claimId => ClaimState) internal claims;

    constructor(Parameters memory parameters) {
        _checkRange("window", parameters.window, 1, 365 days);
        _checkRange("claimBond", parameters.claimBond, 1, type(uint120).max);
        WINDOW = parameters.window;
        CLAIM_BOND = parameters.claimBond;
    }

    function _checkRange(string memory name, uint256 value, uint256 least, uint256 most) internal pure {
        if (value < least || value > most) revert InvalidParameter(name, value, least, most);
    }

    /// @inheritdoc IPinpoint
    function claim(Request calldata request, bytes32 end, bytes calldata input)
        external
        payable
        returns (bytes32 claimId)
    {
        if (msg.value != CLAIM_BOND) revert WrongBond(msg.value, CLAIM_BOND);
        ModelState storage model = models[request.model];
        if (model.length == 0) revert UnknownModel(request.model);
        if (request.iterations == 0 || request.iterations > model.maxIterations) {
            revert IterationsOutOfRange(request.iterations, model.maxIterations);
        }
        if (request.fee != 0 || request.deadline != 0) {
            revert FeeNotSupported(request.fee, request.deadline);
        }
        if (input.length > 0) {
            bytes32 inputs = Commit.inputsRoot(tensorRoot(input));
            if (inputs != request.inputsRoot) revert InputMismatch(inputs, request.inputsRoot);
        }
        bytes32 requestHash = Commit.request(request);
        claimId = Commit.claim(requestHash, msg.sender, end);
        ClaimState storage state = claims[claimId];
        if (state.status != ClaimStatus.None) revert ClaimExists(claimId);
        _open(msg.sender);
        state.submitter = msg.sender;
        state.windowEnds = uint40(block.timestamp + WINDOW);
        state.status = ClaimStatus.Open;
        emit Claimed(claimId, requestHash, msg.sender, request, end, input);
    }

    /// @inheritdoc IPinpoint
    function finalize(bytes32 claimId) external {
        ClaimState storage state = claims[claimId];
        if (state.status != ClaimStatus.Open) revert ClaimNotOpen(claimId, state.status);
        if (block.timestamp < state.windowEnds) revert WindowOpen(state.windowEnds, block.timestamp);
        if (state.openGames != 0) revert GamesOpen(claimId, state.openGames);
        state.status = ClaimStatus.Finalized;
        emit Finalized(claimId, state.submitter, CLAIM_BOND);
        _credit(state.submitter, CLAIM_BOND);
    }

    /// @inheritdoc IPinpoint
    function getClaim(bytes32 claimId) external view returns (ClaimState memory) {
        return claims[claimId];
    }
}

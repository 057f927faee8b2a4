// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Request} from "./Types.sol";

/// @dev Whether nobody could be asked for this run under an offer of the model. Requests that no contract holds can't have a fee.
function illFormed(address source, Request calldata request, bytes32 model, uint32 maxIterations)
    pure
    returns (bool)
{
    return request.model != model || request.iterations == 0 || request.iterations > maxIterations
        || (source == address(0) && (request.fee != 0 || request.deadline != 0));
}
